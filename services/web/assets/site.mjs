// What every page may use: the component library, htmx, copy buttons.
import "htmx.org";
import { initAll } from "nhsuk-frontend";

initAll();

/** Buttons made by the `copyable` macro copy the text they stand beside, and say so. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.querySelector("[data-copy-label]");
  const before = label.textContent;
  label.textContent = "Copied";
  setTimeout(() => {
    label.textContent = before;
  }, 2000);
});

/** A page that waits for something tries again by itself: <main data-retry-seconds="10">. */
const waiting = document.querySelector("[data-retry-seconds]");
if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.retrySeconds) * 1000);

/** <button data-print> prints the page. */
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
