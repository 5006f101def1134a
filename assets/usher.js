// Improves pages that are whole without it. Nothing here decides anything: what a page shows and a form does is the server's.
"use strict";

// Copies what a control names, and says so where a screen reader hears it.
const says = (element, words) => {
  const line = element.closest("[data-says]")?.querySelector("[role=status]") ?? document.querySelector("#copied");
  if (line) line.textContent = words;
};
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
    says(button, button.dataset.copied ?? "Copied.");
  } catch {
    field.focus();
    field.select();
  }
});
for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;

// Copies a link without leaving the list: the same form is sent for what its page would show. Whatever is in the way, the page
// itself is the answer.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-copies]");
  if (!form || !globalThis.ClipboardItem) return;
  event.preventDefault();
  const link = fetch(form.action, {method: "post", body: new URLSearchParams(new FormData(form)), headers: {accept: "application/json"}})
    .then((reply) => reply.json()).then(({url}) => new Blob([url], {type: "text/plain"}));
  try {
    await navigator.clipboard.write([new ClipboardItem({"text/plain": link})]);
    says(form, form.dataset.copies);
  } catch {
    form.submit();
  }
});

// Shows of a long list what a word is in. The list stays whole for whoever has no script.
for (const field of document.querySelectorAll("[data-filter]")) {
  const list = document.getElementById(field.dataset.filter);
  field.closest("[hidden]")?.removeAttribute("hidden");
  // Enter would send the form that the list is in.
  field.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  field.addEventListener("input", () => {
    const word = field.value.trim().toLocaleLowerCase();
    for (const item of list.children) item.hidden = !item.textContent.toLocaleLowerCase().includes(word);
  });
}

// Counts the boxes that are checked.
for (const line of document.querySelectorAll("[data-counts]")) {
  const set = document.getElementById(line.dataset.counts);
  const count = () => {
    const name = line.dataset.named ? `="${line.dataset.named}"` : "";
    const boxes = [...set.querySelectorAll(`input[type=checkbox][name${name}]`)];
    line.textContent = `${boxes.filter((box) => box.checked).length} of ${boxes.length} ${line.dataset.word ?? "selected"}`;
  };
  set.addEventListener("change", count);
  count();
}
