// Starts a search worker from the module that the page has already compiled.
self.onmessage = async ({ data: [glue, module] }) => {
  self.onmessage = null;
  const { default: init } = await import(glue);
  await init({ module_or_path: module });
};
