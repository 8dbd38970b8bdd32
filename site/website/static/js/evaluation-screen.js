// The big screen of an evaluation: looks anew every minute whether people can answer, and changes only when it must.
const EVERY = 60_000

const look = async () => {
  try {
    const response = await fetch(window.location.href, { headers: { Accept: "text/html" }, redirect: "error" })
    if (!response.ok) return
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    const fresh = page.querySelector("[data-room-screen]")
    const shown = document.querySelector("[data-room-screen]")
    if (fresh && fresh.textContent !== shown.textContent) shown.replaceWith(document.adoptNode(fresh))
  } catch {
    // No contact: what stands on the screen is still true, or soon will be again.
  }
}

setInterval(look, EVERY)
