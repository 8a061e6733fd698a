// What the operator tells while the page is open. After a break everything is asked for again.

const RETRY = 3000;

export function listen({ connected, changed, broken }) {
  const source = new EventSource("events");
  source.addEventListener("open", connected);
  source.addEventListener("message", (event) => changed(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    broken();
    // A refused connection is not tried again by the browser itself.
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    setTimeout(() => listen({ connected, changed, broken }), RETRY);
  });
}

export async function ask(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.message), { reason: body.reason });
  return body;
}
