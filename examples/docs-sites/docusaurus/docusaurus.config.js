export default {
  title: "Notes on training",
  url: "https://example.org",
  baseUrl: "/",
  scripts: [{ src: "/autoparallel/element.js", defer: true }],
  presets: [["classic", { docs: { routeBasePath: "/" }, blog: false }]],
};
