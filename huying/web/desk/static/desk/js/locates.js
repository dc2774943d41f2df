// A point picked on the map names its division: the place field is filled, and the words say where that is.
export function locates(root) {
  for (const holder of root.querySelectorAll("[data-locates]:not([data-locates-on])")) {
    holder.dataset.locatesOn = "";
    const form = holder.closest("form");
    const { place_lon: lon, place_lat: lat, division } = form.elements;
    const ask = async () => {
      if (!lon.value || !lat.value) return;
      const answer = await fetch(`${holder.dataset.locates}?${new URLSearchParams({ lon: lon.value, lat: lat.value })}`);
      if (!answer.ok) return;
      const { code, words } = await answer.json();
      if (code) division.value = code.length > 12 ? code : words; // a grid is known by its code alone
      document.getElementById("division-words").textContent = words;
    };
    lon.addEventListener("change", ask);
    lat.addEventListener("change", ask);
  }
}
