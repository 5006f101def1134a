// Improves pages that are whole without it. Nothing here decides anything: what a page shows and a form does is the server's.
"use strict";

// Copies what a control names, and says so where a screen reader hears it.
const says = (element, words) => {
  const line = element.closest("[data-says]")?.querySelector("[role=status]") ?? document.querySelector("#copied");
  if (line) line.textContent = words;
};
document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-print]")) print();
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
    says(button, button.dataset.copied ?? "Copied.");
  } catch {
    field.hidden = false;
    field.focus();
    field.select();
  }
});
for (const button of document.querySelectorAll("[data-copy], [data-print]")) button.hidden = false;

// Shows what is typed as a password; it is one again when it is sent, so that nothing remembers it as anything else.
for (const field of document.querySelectorAll("[type=password]")) {
  const [button, of] = ["button", "span"].map((name) => document.createElement(name));
  const show = (shown) => {
    field.type = shown ? "text" : "password";
    button.firstChild.data = shown ? "Hide" : "Show";
  };
  button.type = "button";
  button.className = "button quiet small";
  of.className = "hidden";
  of.textContent = `: ${field.labels[0].textContent}`;
  button.append("Show", of);
  button.addEventListener("click", () => show(field.type === "password"));
  field.form.addEventListener("submit", () => show(false));
  field.after(button);
}

// Copies a link without leaving the list. Whatever is in the way, the form's page is the answer.
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

// Shows of a long list what a word is in.
for (const field of document.querySelectorAll("[data-filter]")) {
  const list = document.getElementById(field.dataset.filter);
  field.closest("[hidden]")?.removeAttribute("hidden");
  // Enter would send the form that the list is in.
  field.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  field.addEventListener("input", () => {
    const word = field.value.trim().toLocaleLowerCase();
    for (const item of list.children) item.hidden = !item.textContent.toLocaleLowerCase().includes(word);
    field.nextElementSibling.textContent = list.querySelector(":scope > :not([hidden])") ? "" : "None is called that.";
  });
}

// Counts the boxes that are checked. The box for all of a group is half checked where some are.
const checked = (id, name = "") => {
  const boxes = [...document.getElementById(id).querySelectorAll(`input[type=checkbox][name${name && `="${name}"`}]`)];
  return [boxes.filter((box) => box.checked).length, boxes];
};
const count = () => {
  for (const line of document.querySelectorAll("[data-counts]")) {
    const [on, boxes] = checked(line.dataset.counts, line.dataset.named);
    line.textContent = `${on} of ${boxes.length} ${line.dataset.word ?? "selected"}`;
  }
  for (const box of document.querySelectorAll("[data-each]")) {
    const [on, boxes] = checked(box.dataset.each);
    box.checked = on === boxes.length;
    box.indeterminate = on > 0 && !box.checked;
  }
};
for (const line of document.querySelectorAll("summary > [data-counts]")) {
  const set = document.getElementById(line.dataset.counts);
  const [row, box, label] = ["div", "input", "label"].map((name) => document.createElement(name));
  row.className = "choice";
  row.append(box, label);
  box.type = "checkbox";
  box.id = label.htmlFor = `each-${set.id}`;
  box.dataset.each = set.id;
  label.textContent = `All: ${line.previousSibling.textContent}`;
  set.before(row);
  box.addEventListener("change", () => {
    for (const each of checked(set.id)[1]) each.checked = box.checked;
  });
}
document.addEventListener("change", count);
count();

// Chooses those that are shown, or none of them.
for (const button of document.querySelectorAll("[name=all]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    for (const box of document.querySelectorAll("#resources > :not([hidden]) [name=resource]")) {
      box.checked = button.value === "yes";
    }
    count();
  });
}

// Chooses all of them, or none where all are chosen. Without a script the link shows the list with all of them chosen.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-all]");
  if (!link) return;
  event.preventDefault();
  const [on, boxes] = checked(link.dataset.all);
  for (const box of boxes) box.checked = on < boxes.length;
  count();
});

// Puts a part of another page of ours in the place of the same part here.
const renew = async (id, request) => {
  const answer = await fetch(...request);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [here, there] = [document, page].map((each) => each.getElementById(id));
  if (here && there) here.replaceWith(document.adoptNode(there));
  return page;
};

// Asks with a form as it is, once nothing more is typed into it for a moment.
const ask = (form, act) => {
  let wait;
  let asked;
  form.addEventListener("input", () => {
    clearTimeout(wait);
    // The answer to what was asked before may come after that of the next, or never.
    asked?.abort();
    const { signal } = asked = new AbortController();
    wait = setTimeout(async () => {
      try {
        await act(new URLSearchParams(new FormData(form)), signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }, 300);
  });
  // What is sent as usual is not asked besides.
  form.addEventListener("submit", () => clearTimeout(wait));
};

// Shows what a form would come to while it is filled in, in the colour that is typed.
for (const form of document.querySelectorAll("[data-live]")) {
  ask(form, async (body, signal) => {
    body.set("do", "preview");
    // It is text that is looked at.
    body.delete("logo");
    const page = await renew(form.dataset.live, [form.action, { method: "POST", body, signal }]);
    const [here, there] = [document, page].map((each) => each.querySelector("link[href^='/brand/']"));
    if (here && there) here.href = there.getAttribute("href");
    else if (there) document.head.append(document.adoptNode(there));
    // A picture that is chosen stands where the logo will. What is none is told when it is saved.
    const [file] = form.querySelector("[type=file]").files;
    const picture = file && await createImageBitmap(file, { resizeHeight: 72 }).catch(() => undefined);
    if (!picture || signal.aborted) return;
    for (const mark of document.getElementById(form.dataset.live).querySelectorAll(".logo, .mark")) {
      const canvas = document.createElement("canvas");
      canvas.className = "logo";
      [canvas.width, canvas.height] = [picture.width, picture.height];
      canvas.getContext("2d").drawImage(picture, 0, 0);
      mark.replaceWith(canvas);
    }
  });
}

// Shows what a search finds while it is typed, under the address that the search has.
for (const form of document.querySelectorAll("[data-finds]")) {
  const line = form.querySelector("[role=status]");
  ask(form, async (query, signal) => {
    const address = `${form.getAttribute("action")}?${query}`;
    const page = await renew(form.dataset.finds, [address, { signal }]);
    const found = page.getElementById(line.id);
    // Another page than that: whoever looks is to see it.
    if (!found) return location.assign(address);
    line.textContent = found.textContent;
    history.replaceState(null, "", address);
    count();
  });
}

// A colour is picked where it can be typed.
for (const pick of document.querySelectorAll("[data-picks]")) {
  const field = document.getElementById(pick.dataset.picks);
  pick.hidden = false;
  pick.addEventListener("input", () => {
    field.value = pick.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.addEventListener("input", () => {
    if (/^#[0-9a-f]{6}$/i.test(field.value)) pick.value = field.value;
  });
}

// What is under way is looked at again until it is over.
const fresh = document.querySelector("[data-fresh]");
if (fresh) {
  const again = setInterval(async () => {
    await renew(fresh.id, [location.href]);
    if (!document.getElementById(fresh.id).dataset.fresh) {
      clearInterval(again);
      location.reload();
    }
  }, fresh.dataset.fresh);
}
