// Rows ticked for a bulk act: the bar says how many, the form carries them.
export function picks(root) {
  for (const bar of root.querySelectorAll("[data-bulk]:not([data-bulk-on])")) {
    bar.dataset.bulkOn = "";
    const update = () => {
      const n = document.querySelectorAll("[data-pick]:checked").length;
      bar.hidden = n === 0;
      bar.querySelector("[data-bulk-count]").textContent = String(n);
    };
    document.addEventListener("change", (event) => {
      if (event.target.matches("[data-pick-all]")) for (const box of document.querySelectorAll("[data-pick]")) box.checked = event.target.checked;
      update();
    });
    update();
  }
}
