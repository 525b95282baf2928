// Starts a search worker from the module that the page has already compiled; what it is asked meanwhile waits.
self.onmessage = async ({ data: [glue, module] }) => {
  const early = [];
  self.onmessage = ({ data }) => early.push(data);
  const { default: init } = await import(glue);
  await init({ module_or_path: module });
  for (const data of early) self.dispatchEvent(new MessageEvent("message", { data }));
};
