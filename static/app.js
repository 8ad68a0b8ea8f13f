// Comforts over pages that work without them: copying, the slider between two figures, the log that stays at its end.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

for (const slider of document.querySelectorAll("[data-slider]")) {
  const pair = slider.closest(".pair");
  slider.addEventListener("input", () => pair.style.setProperty("--cut", `${slider.value}%`));
}

// The log is replaced by the stream, so its scrolling is watched from the page.
document.addEventListener("htmx:sseMessage", () => {
  const log = document.querySelector("[data-follow]");
  if (log && log.scrollHeight - log.scrollTop - log.clientHeight < 240) log.scrollTop = log.scrollHeight;
});
