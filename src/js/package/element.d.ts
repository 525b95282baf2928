// The element that `autoparallel/element.js` defines; it needs the types of a browser.

/** `<auto-parallel plan="1;n=64" view="card" interactive>`: a live plan. */
export interface AutoParallelElement extends HTMLElement {
  /** The link of what is shown, with what the reader changed in it. */
  readonly link: string;
}

/** The detail of the element's `change` events: what the reader made of the plan. */
export type AutoParallelChange = CustomEvent<{ link: string }>;

declare global {
  interface HTMLElementTagNameMap {
    "auto-parallel": AutoParallelElement;
  }
}
