/* <people-picker>: a searchable face for a plain <select multiple>. Upgrades by itself wherever it is inserted. */
(() => {
  if (customElements.get("people-picker")) return;
  let lists = 0;

  class PeoplePicker extends HTMLElement {
    connectedCallback() {
      // The select may not be parsed yet when the element is met for the first time.
      if (this.dataset.ready) return;
      if (!this.querySelector("select")) {
        setTimeout(() => this.querySelector("select") && this.build(), 0);
        return;
      }
      this.build();
    }

    build() {
      if (this.dataset.ready) return;
      this.dataset.ready = "true";
      this.select = this.querySelector("select");
      this.chosen = document.createElement("ul");
      this.chosen.className = "people-picker__chosen";
      this.input = document.createElement("input");
      this.input.type = "text";
      this.input.autocomplete = "off";
      this.input.placeholder = this.dataset.search;
      // The label's `for` names the select: the box takes it over.
      this.input.id = `${this.select.id}-search`;
      const label = document.querySelector(`label[for="${this.select.id}"]`);
      if (label) label.htmlFor = this.input.id;
      else this.input.setAttribute("aria-label", this.dataset.search);
      this.list = document.createElement("datalist");
      this.list.id = `people-${(lists += 1)}`;
      this.input.setAttribute("list", this.list.id);
      this.note = document.createElement("p");
      this.note.className = "people-picker__note";
      this.note.setAttribute("role", "status");
      const add = document.createElement("button");
      add.type = "button";
      add.className = "button button-small button-secondary";
      add.textContent = this.dataset.add;
      add.addEventListener("click", () => this.add(true));
      const row = document.createElement("div");
      row.className = "people-picker__row";
      row.append(this.input, add);
      this.append(this.chosen, row, this.list, this.note);
      this.input.addEventListener("input", () => this.add(false));
      this.input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        this.add(true);
      });
      this.show();
    }

    /* Take the name that is written; only a whole name while typing, the single match on Enter. */
    add(wanted) {
      const text = this.input.value.trim().toLowerCase();
      this.note.textContent = "";
      if (!text) return;
      const free = [...this.select.options].filter((option) => !option.selected);
      let match = free.find((option) => option.text.trim().toLowerCase() === text);
      if (!match && wanted) {
        const near = free.filter((option) => option.text.toLowerCase().includes(text));
        if (near.length === 1) [match] = near;
        else this.note.textContent = this.dataset.unknown;
      }
      if (!match) return;
      match.selected = true;
      this.input.value = "";
      this.changed();
    }

    changed() {
      this.select.dispatchEvent(new Event("change", { bubbles: true }));
      this.show();
    }

    show() {
      this.chosen.replaceChildren(
        ...[...this.select.selectedOptions].map((option) => {
          const item = document.createElement("li");
          const remove = document.createElement("button");
          remove.type = "button";
          remove.textContent = "×";
          remove.setAttribute("aria-label", this.dataset.remove.replace("%s", option.text.trim()));
          remove.addEventListener("click", () => {
            option.selected = false;
            this.changed();
            this.input.focus();
          });
          item.append(option.text.trim(), remove);
          return item;
        }),
      );
      this.list.replaceChildren(
        ...[...this.select.options]
          .filter((option) => !option.selected)
          .map((option) => Object.assign(document.createElement("option"), { value: option.text.trim() })),
      );
    }
  }

  customElements.define("people-picker", PeoplePicker);
})();
