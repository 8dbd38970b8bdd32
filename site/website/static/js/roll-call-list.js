/* Finds people in the list: by what is typed, and by how they are marked. */

/** Fold what people write alike: case, aa for å, accents that Danish has no letter for. */
export function folded(text) {
  const letters = text.toLocaleLowerCase("da").normalize("NFC").replaceAll("aa", "å");
  return [...letters].map((letter) => ("æøåäöü".includes(letter) ? letter : letter.normalize("NFD").replace(/\p{M}/gu, ""))).join("");
}

export function makeFinder(roll, list) {
  const field = document.getElementById("roll-search");
  let view = document.querySelector(".roll-count[aria-current]")?.dataset.view ?? "";
  /** Who was marked while the list was narrowed stays in sight until it is narrowed anew. */
  const held = new Set();

  function narrow() {
    const wanted = folded(field.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    let all = 0;
    for (const row of list.querySelectorAll("li[data-id]")) {
      const words = folded(row.querySelector(".roll-who").textContent);
      const matches =
        (!view || row.dataset.status === view || held.has(row.dataset.id)) && wanted.every((word) => words.includes(word));
      row.hidden = !matches;
      shown += matches;
      all += 1;
    }
    document.getElementById("roll-none").hidden = shown > 0 || all === 0;
  }

  function anew() {
    held.clear();
    narrow();
  }

  document.querySelector(".roll-search").hidden = false;
  field.addEventListener("input", anew);
  for (const link of document.querySelectorAll("a.roll-count")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      document.querySelector(".roll-count[aria-current]")?.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      view = link.dataset.view;
      anew();
    });
  }
  return { narrow, hold: (id) => held.add(String(id)), field };
}
