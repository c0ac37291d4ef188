const SLOTS_SHOWN = 8;
const services = document.getElementById('services');
const slots = document.getElementById('slots');
const chosen = document.getElementById('chosen');

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response.json();
}

function item(...children) {
  const element = document.createElement('li');
  element.append(...children);
  return element;
}

async function showSlots(service) {
  chosen.textContent = service.name;
  const query = new URLSearchParams({ service: service.id, limit: SLOTS_SHOWN });
  const found = await get(`/api/appointments/available?${query}`);
  const texts = found.slots.map(({ start, doctor }) => `${new Date(start).toLocaleString()}, ${doctor}`);
  slots.replaceChildren(...texts.map((text) => item(text)));
}

function button(service) {
  const element = document.createElement('button');
  element.type = 'button';
  element.textContent = service.name;
  element.addEventListener('click', () => showSlots(service).catch(report));
  return element;
}

function report(error) {
  chosen.textContent = `Sorry: ${error.message}`;
}

get('/api/services')
  .then((found) => {
    services.replaceChildren(...found.services.map((service) => item(button(service))));
    services.removeAttribute('aria-busy');
  })
  .catch(report);
