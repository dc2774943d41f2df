// A button with data-confirm="name" asks that dialog first; data-dialog-open just opens one.
export function dialogs(root) {
  for (const button of root.querySelectorAll("[data-confirm]:not([data-confirm-on])")) {
    button.dataset.confirmOn = "";
    button.addEventListener("click", (event) => {
      if (button.dataset.confirmed !== undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const dialog = document.querySelector(`[data-dialog="${CSS.escape(button.dataset.confirm)}"]`);
      dialog.querySelector("[data-dialog-accept]").onclick = () => {
        dialog.close();
        button.dataset.confirmed = "";
        button.click();
        delete button.dataset.confirmed;
      };
      dialog.showModal();
    });
  }
  for (const button of root.querySelectorAll("[data-dialog-open]:not([data-dialog-on])")) {
    button.dataset.dialogOn = "";
    button.addEventListener("click", () => document.querySelector(`[data-dialog="${CSS.escape(button.dataset.dialogOpen)}"]`).showModal());
  }
  for (const button of root.querySelectorAll("[data-dialog-close]")) button.onclick = () => button.closest("dialog").close();
}
