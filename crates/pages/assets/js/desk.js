// @ts-check
// What pages do when scripts run: everything here works without it, only less quickly.

// Fragments come from this server alone, and nothing is made into code.
(() => {
  const same = { createHTML: (/** @type {string} */ text) => text };
  const policy = window.trustedTypes ? window.trustedTypes.createPolicy("stockwell", same) : same;
  const refuse = function () { throw new Error("no page makes code of text"); };
  htmx.registerExtension("desk", {
    init: (/** @type {any} */ api) => api.initSecurity({ ...same, createHTML: policy.createHTML.bind(policy) }, refuse, refuse),
  });
})();

/** Whether keys belong to what is typed into. */
function isTyping(/** @type {EventTarget | null} */ target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

// what was refused takes the focus
function focusRefusal() {
  const refusal = document.querySelector("[data-focus]");
  if (refusal instanceof HTMLElement) refusal.focus();
}

// a form is sent once
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => form.setAttribute("aria-busy", "true"), 150);
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    form.removeAttribute("data-sent");
    form.removeAttribute("aria-busy");
  }
});

// a menu closes by Escape and by a click elsewhere
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) { menu.removeAttribute("open"); menu.querySelector("summary")?.focus(); }
  }
  if (event.key === "/" && document.documentElement.dataset.keys !== "off" && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const filter = document.querySelector("[data-filter]");
    if (filter instanceof HTMLElement) { event.preventDefault(); filter.focus(); }
  }
});

// single letters, unless somebody has switched them off: g and a letter go somewhere, ? helps
let goes = 0;
document.addEventListener("keydown", (event) => {
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || palette()?.open) return;
  if (document.documentElement.dataset.keys === "off") return;
  if (event.key === "?") location.assign("/help");
  if (goes > event.timeStamp) {
    goes = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link instanceof HTMLElement) { event.preventDefault(); link.click(); }
  } else if (event.key === "g") {
    goes = event.timeStamp + 1200;
  }
});

// the palette: Ctrl or Cmd with K, arrows, Enter
const palette = () => /** @type {HTMLDialogElement | null} */ (document.getElementById("palette"));
document.addEventListener("keydown", (event) => {
  const dialog = palette();
  if (!dialog) return;
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("input")?.select();
    return;
  }
  if (!dialog.open) return;
  const hits = [...dialog.querySelectorAll("[role=option]")];
  const at = hits.findIndex((hit) => hit.ariaSelected === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const next = hits[(at + (event.key === "ArrowDown" ? 1 : hits.length - 1)) % hits.length];
    for (const hit of hits) hit.ariaSelected = String(hit === next);
    next?.scrollIntoView({ block: "nearest" });
    dialog.querySelector("input")?.setAttribute("aria-activedescendant", next?.id ?? "");
  } else if (event.key === "Enter" && hits[at] instanceof HTMLElement) {
    event.preventDefault();
    location.assign(hits[at].dataset.href ?? "/");
  }
});
document.addEventListener("click", (event) => {
  const dialog = palette();
  const target = /** @type {HTMLElement} */ (event.target);
  const hit = /** @type {HTMLElement | null} */ (target.closest("#found [role=option]"));
  if (hit) location.assign(hit.dataset.href ?? "/");
  if (target === dialog) dialog?.close();
});

// what was told goes by itself, unless it is being read
for (const toast of document.querySelectorAll("[data-toast]")) {
  setTimeout(() => { if (!toast.matches(":hover, :focus-within")) toast.remove(); }, 8000);
}

document.addEventListener("DOMContentLoaded", () => {
  focusRefusal();
  document.documentElement.dataset.ready = "yes";
});
