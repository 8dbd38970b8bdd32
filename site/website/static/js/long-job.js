/* Asks how far a job is and moves its bar; when it has ended, shows the page as it is then.
   Without this script the page's own link loads it again. */

const EVERY = 1000;
const SLOWEST = 15_000;

const job = document.querySelector("[data-job][data-unfinished]");

if (job) {
  job.querySelector("[data-reload]")?.remove();
  const words = job.querySelector("#job-words");
  const bar = job.querySelector("#job-bar");
  let wait = EVERY;

  const look = async () => {
    try {
      const response = await fetch(job.dataset.job, { headers: { Accept: "application/json" }, redirect: "error" });
      if (!response.ok) throw new Error(response.statusText);
      const state = await response.json();
      if (!state.running) {
        location.replace(job.dataset.job);
        return;
      }
      if (words.textContent !== state.text) words.textContent = state.text;
      if (state.total) {
        bar.max = state.total;
        bar.value = state.done;
      }
      wait = EVERY;
    } catch {
      // The network is away, or the session is over: ask less and less often.
      wait = Math.min(wait * 2, SLOWEST);
    }
    setTimeout(look, wait);
  };
  setTimeout(look, EVERY);
}
