// A video loads from its host only after a click: nothing is asked of the host before that.
// Without JavaScript the link leads to the video's own page.

for (const box of document.querySelectorAll("[data-video]")) {
  const link = box.querySelector("a");
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const frame = document.createElement("iframe");
    frame.src = box.dataset.video;
    frame.title = box.dataset.title;
    frame.allow = "autoplay; fullscreen; picture-in-picture";
    frame.allowFullscreen = true;
    // YouTube refuses to play (error 153) when it is not told which site it plays on.
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    box.replaceChildren(frame);
    frame.focus();
  });
}
