/** GENERATED from k6/scenarios/ by `make generate`. */
export const CATALOGUE = {
  "api-contract": {
    "title": "API contract",
    "journey": "Every endpoint of the API once, in an order that makes sense: what a new version may have broken.",
    "requests": [
      "POST /api/auth/login",
      "POST /api/auth/refresh",
      "POST /api/auth/logout",
      "GET /api/me",
      "GET /api/dashboard",
      "GET /api/notifications",
      "GET /api/services",
      "GET /api/services/:id",
      "GET /api/search",
      "GET /api/appointments/available",
      "GET /api/appointments",
      "POST /api/appointments",
      "GET /api/appointments/:id",
      "PATCH /api/appointments/:id",
      "DELETE /api/appointments/:id",
      "GET /api/products",
      "POST /api/carts",
      "GET /api/carts/:id",
      "PUT /api/carts/:id/items/:productId",
      "DELETE /api/carts/:id/items/:productId",
      "POST /api/carts/:id/checkout",
      "GET /api/orders",
      "GET /api/orders/:id",
      "DELETE /api/orders/:id",
      "POST /api/prescriptions",
      "GET /api/prescriptions",
      "GET /api/prescriptions/:id/file",
      "DELETE /api/prescriptions/:id",
      "GET /api/slots/live"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 500,
        "reason": "no endpoint is the slow one that nobody looks at"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.999,
        "reason": "an endpoint either keeps its promise or does not"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "passwords are hashed slowly on purpose; more than that is a queue"
      },
      {
        "indicator": "p95_ms",
        "limit": 400,
        "request": "POST /api/auth/refresh",
        "alerts": false,
        "reason": "happens behind the back of somebody who does something else"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/me",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 600,
        "request": "GET /api/dashboard",
        "alerts": false,
        "reason": "counts over several tables: the slowest part of its page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/notifications",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "alerts": false,
        "reason": "public and cached: as good as a file"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services/:id",
        "alerts": false,
        "reason": "public and cached: as good as a file"
      },
      {
        "indicator": "p95_ms",
        "limit": 400,
        "request": "GET /api/search",
        "alerts": false,
        "reason": "search is typed into: it has to keep up"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/available",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/appointments",
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/:id",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "PATCH /api/appointments/:id",
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/appointments/:id",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/products",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/carts",
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/carts/:id",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "PUT /api/carts/:id/items/:productId",
        "alerts": false,
        "reason": "a click on `+`: people click again when nothing happens"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/carts/:id/items/:productId",
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "POST /api/carts/:id/checkout",
        "alerts": false,
        "reason": "pays: one second is what people trust, then they press again"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders/:id",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/orders/:id",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 1500,
        "request": "POST /api/prescriptions",
        "alerts": false,
        "reason": "up to a megabyte from a telephone, which shows its progress"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/prescriptions",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "GET /api/prescriptions/:id/file",
        "alerts": false,
        "reason": "up to a megabyte, at the desk of a doctor who waits"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/prescriptions/:id",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      }
    ]
  },
  "appointment-availability": {
    "title": "Appointment availability",
    "journey": "A patient looks for free appointments.",
    "requests": [
      "GET /api/appointments/available"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 500,
        "reason": "a list that takes longer than half a second feels broken"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      }
    ],
    "weight": 25
  },
  "appointment-booking": {
    "title": "Appointment booking",
    "journey": "A patient logs in, picks a service and a free slot, books it, and looks the booking up.",
    "requests": [
      "POST /api/auth/login",
      "GET /api/services",
      "GET /api/appointments/available",
      "POST /api/appointments",
      "GET /api/appointments/:id",
      "DELETE /api/appointments/:id",
      "POST /api/auth/logout"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 500,
        "reason": "the same half second as for the list, over all steps"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/appointments",
        "reason": "booking writes and notifies: people wait longer for a button than for a page"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "a booking that answers 201 with the wrong slot is worse than an error"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "passwords are hashed slowly on purpose; more than that is a queue"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "alerts": false,
        "reason": "public and cached: as good as a file"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/available",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/:id",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/appointments/:id",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      }
    ],
    "weight": 8
  },
  "appointment-reschedule": {
    "title": "Appointment reschedule",
    "journey": "A patient moves an appointment to another slot, then cancels it.",
    "requests": [
      "POST /api/auth/login",
      "GET /api/services",
      "GET /api/appointments/available",
      "POST /api/appointments",
      "PATCH /api/appointments/:id",
      "GET /api/appointments/:id",
      "DELETE /api/appointments/:id",
      "POST /api/auth/logout"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 500,
        "reason": "the same half second as for booking, over all steps"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "PATCH /api/appointments/:id",
        "reason": "takes one slot and frees another: two writes that people wait for as for one"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "an appointment that stays in its old slot leaves a doctor waiting"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "passwords are hashed slowly on purpose; more than that is a queue"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "alerts": false,
        "reason": "public and cached: as good as a file"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/available",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/appointments",
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/:id",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/appointments/:id",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      }
    ],
    "weight": 3
  },
  "cart-checkout": {
    "title": "Cart and checkout",
    "journey": "A patient fills a cart in the pharmacy, changes it, orders, looks the order up and cancels it.",
    "requests": [
      "POST /api/auth/login",
      "GET /api/products",
      "POST /api/carts",
      "PUT /api/carts/:id/items/:productId",
      "DELETE /api/carts/:id/items/:productId",
      "GET /api/carts/:id",
      "POST /api/carts/:id/checkout",
      "GET /api/orders/:id",
      "DELETE /api/orders/:id",
      "POST /api/auth/logout"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 600,
        "reason": "a shop loses buyers with every slow click, the last one most"
      },
      {
        "indicator": "error_rate",
        "limit": 0.005,
        "request": "POST /api/carts/:id/checkout",
        "reason": "users who see an error while paying do not know whether they have paid"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "a total that does not add up is money lost or trust lost"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "passwords are hashed slowly on purpose; more than that is a queue"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/products",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/carts",
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "PUT /api/carts/:id/items/:productId",
        "alerts": false,
        "reason": "a click on `+`: people click again when nothing happens"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/carts/:id/items/:productId",
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/carts/:id",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "POST /api/carts/:id/checkout",
        "alerts": false,
        "reason": "pays: one second is what people trust, then they press again"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders/:id",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/orders/:id",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      }
    ],
    "weight": 4
  },
  "dashboard-loading": {
    "title": "Dashboard loading",
    "journey": "A patient logs in and sees the start page, which asks for all its parts at once, and reloads it.",
    "requests": [
      "POST /api/auth/login",
      "GET /api/me",
      "GET /api/dashboard",
      "GET /api/appointments",
      "GET /api/orders",
      "GET /api/notifications",
      "POST /api/auth/logout"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 500,
        "reason": "the page is there when its slowest part is there"
      },
      {
        "indicator": "p99_ms",
        "limit": 1000,
        "reason": "of five parts at once one in a hundred is one page in twenty"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "a page with a part missing sends patients to the telephone"
      },
      {
        "indicator": "throughput_rps",
        "limit": 0.5,
        "reason": "even one user makes more; fewer says that users hang, not that the app is fast"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "passwords are hashed slowly on purpose; more than that is a queue"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/me",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 600,
        "request": "GET /api/dashboard",
        "alerts": false,
        "reason": "counts over several tables: the slowest part of its page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/notifications",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      }
    ],
    "weight": 12
  },
  "mixed-traffic": {
    "title": "Mixed traffic",
    "journey": "All journeys at once, as often as people walk them: what production looks like.",
    "requests": [
      "GET /api/appointments/available",
      "POST /api/auth/login",
      "GET /api/services",
      "POST /api/appointments",
      "GET /api/appointments/:id",
      "DELETE /api/appointments/:id",
      "POST /api/auth/logout",
      "GET /api/services/:id",
      "GET /api/me",
      "GET /api/dashboard",
      "GET /api/appointments",
      "GET /api/orders",
      "GET /api/notifications",
      "GET /api/products",
      "POST /api/carts",
      "PUT /api/carts/:id/items/:productId",
      "DELETE /api/carts/:id/items/:productId",
      "GET /api/carts/:id",
      "POST /api/carts/:id/checkout",
      "GET /api/orders/:id",
      "DELETE /api/orders/:id",
      "GET /api/search",
      "POST /api/prescriptions",
      "GET /api/prescriptions",
      "GET /api/prescriptions/:id/file",
      "DELETE /api/prescriptions/:id",
      "POST /api/auth/refresh",
      "PATCH /api/appointments/:id"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 500,
        "reason": "most requests are of pages, which have half a second"
      },
      {
        "indicator": "p99_ms",
        "limit": 1500,
        "reason": "uploads and payments are the slow hundredth, and have their own limits"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "what every journey demands"
      },
      {
        "indicator": "throughput_rps",
        "limit": 0.5,
        "reason": "even one user makes more; fewer says that users hang, not that the app is fast"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/available",
        "rare": true,
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "rare": true,
        "alerts": false,
        "reason": "passwords are hashed slowly on purpose; more than that is a queue"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "rare": true,
        "alerts": false,
        "reason": "public and cached: as good as a file"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/appointments",
        "rare": true,
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/:id",
        "rare": true,
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/appointments/:id",
        "rare": true,
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "rare": true,
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services/:id",
        "rare": true,
        "alerts": false,
        "reason": "public and cached: as good as a file"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/me",
        "rare": true,
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 600,
        "request": "GET /api/dashboard",
        "rare": true,
        "alerts": false,
        "reason": "counts over several tables: the slowest part of its page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments",
        "rare": true,
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders",
        "rare": true,
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/notifications",
        "rare": true,
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/products",
        "rare": true,
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/carts",
        "rare": true,
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "PUT /api/carts/:id/items/:productId",
        "rare": true,
        "alerts": false,
        "reason": "a click on `+`: people click again when nothing happens"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/carts/:id/items/:productId",
        "rare": true,
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/carts/:id",
        "rare": true,
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "POST /api/carts/:id/checkout",
        "rare": true,
        "alerts": false,
        "reason": "pays: one second is what people trust, then they press again"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders/:id",
        "rare": true,
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/orders/:id",
        "rare": true,
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 400,
        "request": "GET /api/search",
        "rare": true,
        "alerts": false,
        "reason": "search is typed into: it has to keep up"
      },
      {
        "indicator": "p95_ms",
        "limit": 1500,
        "request": "POST /api/prescriptions",
        "rare": true,
        "alerts": false,
        "reason": "up to a megabyte from a telephone, which shows its progress"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/prescriptions",
        "rare": true,
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "GET /api/prescriptions/:id/file",
        "rare": true,
        "alerts": false,
        "reason": "up to a megabyte, at the desk of a doctor who waits"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/prescriptions/:id",
        "rare": true,
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 400,
        "request": "POST /api/auth/refresh",
        "rare": true,
        "alerts": false,
        "reason": "happens behind the back of somebody who does something else"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "PATCH /api/appointments/:id",
        "rare": true,
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      }
    ]
  },
  "page-load": {
    "title": "Page load",
    "journey": "A visitor opens the page in a browser and chooses a service to see its free appointments.",
    "requests": [
      "GET /",
      "GET /assets/style.css",
      "GET /assets/app.js",
      "GET /api/services",
      "GET /api/appointments/available"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 2500,
        "metric": "browser_web_vital_lcp",
        "reason": "what Google calls a good largest contentful paint; it asks that of 75 % of visits"
      },
      {
        "indicator": "p95_ms",
        "limit": 1800,
        "metric": "browser_web_vital_fcp",
        "reason": "what Google calls a good first contentful paint; it asks that of 75 % of visits"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "metric": "browser_web_vital_ttfb",
        "reason": "what Google calls a good time to first byte; it asks that of 75 % of visits"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "a page that is fast and empty is not loaded"
      }
    ],
    "users_factor": 0.05,
    "needs_browser": true
  },
  "prescription-upload": {
    "title": "Prescription upload",
    "journey": "A patient uploads a prescription, sees wrong ones refused, and gets back the very bytes that were sent.",
    "requests": [
      "POST /api/auth/login",
      "POST /api/prescriptions",
      "GET /api/prescriptions",
      "GET /api/prescriptions/:id/file",
      "DELETE /api/prescriptions/:id",
      "POST /api/auth/logout"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "reason": "files of up to a megabyte over all steps"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "a prescription with one byte changed is no prescription"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "passwords are hashed slowly on purpose; more than that is a queue"
      },
      {
        "indicator": "p95_ms",
        "limit": 1500,
        "request": "POST /api/prescriptions",
        "alerts": false,
        "reason": "up to a megabyte from a telephone, which shows its progress"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/prescriptions",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "GET /api/prescriptions/:id/file",
        "alerts": false,
        "reason": "up to a megabyte, at the desk of a doctor who waits"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/prescriptions/:id",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      }
    ],
    "weight": 2
  },
  "search": {
    "title": "Search",
    "journey": "A visitor searches for doctors, services and products, with typos, and turns a page.",
    "requests": [
      "GET /api/search"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 400,
        "reason": "search is typed into: it has to keep up"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "an answer without the term is no answer"
      }
    ],
    "weight": 20
  },
  "service-listing": {
    "title": "Service listing",
    "journey": "Somebody reads what the clinic offers, opens a service and comes back to the list, which is cached.",
    "requests": [
      "GET /api/services",
      "GET /api/services/:id"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 300,
        "reason": "public pages that a cache could answer: search engines rank by them"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "without working cache headers every visitor costs as much as the first"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "alerts": false,
        "reason": "public and cached: as good as a file"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services/:id",
        "alerts": false,
        "reason": "public and cached: as good as a file"
      }
    ],
    "weight": 20
  },
  "slot-notifications": {
    "title": "Slot notifications",
    "journey": "A patient watches the slots of a service live while one is booked and cancelled again.",
    "requests": [
      "POST /api/auth/login",
      "GET /api/services",
      "GET /api/slots/live",
      "GET /api/appointments/available",
      "POST /api/appointments",
      "DELETE /api/appointments/:id",
      "POST /api/auth/logout"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 500,
        "reason": "the same half second as for booking, over all steps"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "metric": "slot_update_delay",
        "reason": "from the confirmed booking to the other screens: later, and two want the same slot"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "metric": "ws_connecting",
        "reason": "until then the page shows slots that may be taken"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "an update that does not come makes the live page a lie"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "passwords are hashed slowly on purpose; more than that is a queue"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "alerts": false,
        "reason": "public and cached: as good as a file"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/available",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/appointments",
        "alerts": false,
        "reason": "a button that writes: people wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/appointments/:id",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      }
    ]
  },
  "user-login": {
    "title": "Concurrent user login",
    "journey": "Users log in, mistype, stay logged in by refreshing, and log out; guessers of passwords are held off.",
    "requests": [
      "POST /api/auth/login",
      "GET /api/me",
      "POST /api/auth/refresh",
      "POST /api/auth/logout"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 800,
        "reason": "the first thing in the morning, and everybody at once"
      },
      {
        "indicator": "p99_ms",
        "limit": 1500,
        "request": "POST /api/auth/login",
        "reason": "who waits longer presses again, and doubles the load"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "one failed request in a hundred is what users put up with before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "an old token that still works, or a guesser who is let on, is a hole"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "passwords are hashed slowly on purpose; more than that is a queue"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/me",
        "alerts": false,
        "reason": "part of a page: longer than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 400,
        "request": "POST /api/auth/refresh",
        "alerts": false,
        "reason": "happens behind the back of somebody who does something else"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but whatever is given back late is missing"
      }
    ],
    "weight": 6
  }
} as const;
