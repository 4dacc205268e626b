// @ts-check
// A passkey in place of a password or of a code, its button shown where the browser can do that; and a new one.

for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-passkey]"))) {
  const known = window.PublicKeyCredential;
  if (!known || !("parseRequestOptionsFromJSON" in known)) continue;
  place.hidden = false;
  place.querySelector("button")?.addEventListener("click", () => give(place));
}

/** Asks the device, and hands over what it says. */
async function give(/** @type {HTMLElement} */ place) {
  const told = /** @type {HTMLElement} */ (place.querySelector("[role=alert]"));
  const target = place.dataset.passkey ?? "";
  told.textContent = "";
  try {
    const wanted = await (await fetch(target)).json();
    if (!wanted.public_key) throw new Error(wanted.detail);
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(wanted.public_key);
    const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }));
    const token = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=_csrf]"));
    const answer = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token && { "x-csrf-token": token.value }) },
      body: JSON.stringify({ ticket: wanted.ticket, credential: credential.toJSON() }),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail);
    location.assign(said.next === "second_factor" ? "/sign-in/factor" : place.dataset.next ?? "/");
  } catch (error) {
    // what a device says is for its makers; what the server says is for people
    const known = error instanceof Error && error.constructor === Error && error.message;
    told.textContent = known || place.dataset.failed || "";
  }
}

for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-passkey-new]"))) {
  const form = /** @type {HTMLFormElement} */ (place.closest("form"));
  const told = /** @type {HTMLElement} */ (place.querySelector("[role=alert]"));
  const known = window.PublicKeyCredential;
  if (!known || !("parseCreationOptionsFromJSON" in known)) {
    told.textContent = place.dataset.lacks ?? "";
    continue;
  }
  const made = /** @type {NodeListOf<HTMLInputElement>} */ (place.querySelectorAll("input"));
  form.addEventListener("submit", (event) => {
    if (made[0].value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    make(place).then((values) => {
      made.forEach((field, index) => { field.value = values[index]; });
      form.requestSubmit();
    }, () => { told.textContent = place.dataset.failed ?? ""; });
  });
}

/** Asks the device for a new passkey: the ticket, and what it says, in the order of the fields. */
async function make(/** @type {HTMLElement} */ place) {
  const wanted = await (await fetch(place.dataset.passkeyNew ?? "")).json();
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(wanted.public_key);
  const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
  const { response } = credential.toJSON();
  return [wanted.ticket, response.clientDataJSON, response.attestationObject];
}
