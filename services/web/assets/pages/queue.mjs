// The work queue brings itself up to date without losing the place: <div id="queue" data-refresh-seconds="60">.
const seconds = Number(document.getElementById("queue").dataset.refreshSeconds);

setInterval(async () => {
  if (document.hidden) return;
  let answer;
  try {
    // The header says that no person did this: it does not keep the session alive.
    answer = await fetch(location.href, { headers: { "X-Refresh": "1" } });
  } catch {
    return; // The network is away; the next turn tries again.
  }
  if (answer.redirected) {
    location.reload(); // Signed out meanwhile: the log-in page leads back here.
    return;
  }
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement?.id;
  document.getElementById("queue").replaceChildren(...fresh.getElementById("queue").children);
  document.title = fresh.title;
  document.querySelector("h1").textContent = fresh.querySelector("h1").textContent;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}, seconds * 1000);
