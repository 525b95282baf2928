// A page that is one file: this script is its own worker, and what would be fetched is held by the page.
if (typeof document === "undefined") {
  self.onmessage = async ({ data: [, module] }) => {
    const early = [];
    self.onmessage = ({ data }) => early.push(data);
    await autoparallelInit({ module_or_path: module });
    for (const data of early) self.dispatchEvent(new MessageEvent("message", { data }));
  };
} else {
  self.autoparallelInit = autoparallelInit;
  const source = new Blob([document.currentScript.textContent], { type: "text/javascript" });
  self.autoparallelWorker = URL.createObjectURL(source);
  const held = (name, type) => {
    const text = document.getElementById(`file-${name}`).textContent;
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Response(stream, { headers: { "content-type": type } });
  };
  self.autoparallelFile = (name) => held(name, "text/csv").text();
  self.autoparallelModule = () => held("app.wasm", "application/wasm");
  (() => {
/* boot.js */
  })();
}
