// Starts a search worker from the module that the page has already compiled; what it is asked meanwhile waits.
self.onmessage = async ({ data: [glue, module] }) => {
  const early = [];
  self.onmessage = ({ data }) => early.push(data);
  try {
    const { default: init } = await import(glue);
    await init({ module_or_path: module });
  } catch (error) {
    // Told to the page, which hears only of what nobody waits for.
    setTimeout(() => {
      throw error;
    });
    return;
  }
  for (const data of early) self.dispatchEvent(new MessageEvent("message", { data }));
};
