// Keeps the list of mails up to date; without it the page works on a reload.
const list = document.getElementById("list");

async function refresh() {
  const answer = await fetch(`/list?selected=${list.dataset.selected}`);
  if (!answer.ok) return;
  list.innerHTML = await answer.text();
  document.getElementById("total").textContent = list.querySelectorAll("a.row").length;
}

new EventSource("/live").addEventListener("mails", refresh);
