/** GENERATED from k6/scenarios/ by `make generate`. */
export const CATALOGUE = {
  "api-contract": {
    "title": "API contract",
    "journey": "A client calls every endpoint of the API once, in a sensible order, to find what a new version broke.",
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
        "reason": "no endpoint may be slow unnoticed"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.999,
        "reason": "an endpoint either follows its contract or does not"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "password hashing is slow on purpose; more time than this is queueing"
      },
      {
        "indicator": "p95_ms",
        "limit": 400,
        "request": "POST /api/auth/refresh",
        "alerts": false,
        "reason": "happens in the background while the user does something else"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/me",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 600,
        "request": "GET /api/dashboard",
        "alerts": false,
        "reason": "counts over several tables, the slowest part of its page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/notifications",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "alerts": false,
        "reason": "public and cached, like a static file"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services/:id",
        "alerts": false,
        "reason": "public and cached, like a static file"
      },
      {
        "indicator": "p95_ms",
        "limit": 400,
        "request": "GET /api/search",
        "alerts": false,
        "reason": "search must keep up with typing"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/available",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/appointments",
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/:id",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "PATCH /api/appointments/:id",
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/appointments/:id",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/products",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/carts",
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/carts/:id",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "PUT /api/carts/:id/items/:productId",
        "alerts": false,
        "reason": "a click on `+`; users click again if nothing happens"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/carts/:id/items/:productId",
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "POST /api/carts/:id/checkout",
        "alerts": false,
        "reason": "a payment; after one second without an answer, users press again"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders/:id",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/orders/:id",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 1500,
        "request": "POST /api/prescriptions",
        "alerts": false,
        "reason": "an upload of up to a megabyte from a phone, which shows the progress"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/prescriptions",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "GET /api/prescriptions/:id/file",
        "alerts": false,
        "reason": "a download of up to a megabyte for which a doctor waits"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/prescriptions/:id",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
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
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
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
        "reason": "half a second, as for the list, over all steps"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/appointments",
        "reason": "booking writes and notifies; users wait longer for a button than for a page"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
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
        "reason": "password hashing is slow on purpose; more time than this is queueing"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "alerts": false,
        "reason": "public and cached, like a static file"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/available",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/:id",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/appointments/:id",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
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
        "reason": "half a second, as for booking, over all steps"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "PATCH /api/appointments/:id",
        "reason": "takes one slot and frees another; users expect two writes to take as long as one"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
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
        "reason": "password hashing is slow on purpose; more time than this is queueing"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "alerts": false,
        "reason": "public and cached, like a static file"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/available",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/appointments",
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/:id",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/appointments/:id",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
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
        "reason": "a shop loses buyers with every slow click, most of all with the last one"
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
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "a wrong total costs money or trust"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "password hashing is slow on purpose; more time than this is queueing"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/products",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/carts",
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "PUT /api/carts/:id/items/:productId",
        "alerts": false,
        "reason": "a click on `+`; users click again if nothing happens"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/carts/:id/items/:productId",
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/carts/:id",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "POST /api/carts/:id/checkout",
        "alerts": false,
        "reason": "a payment; after one second without an answer, users press again"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders/:id",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/orders/:id",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
      }
    ],
    "weight": 4
  },
  "dashboard-loading": {
    "title": "Dashboard loading",
    "journey": "A patient logs in, opens the start page, which requests all its parts at once, and reloads it.",
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
        "reason": "the page is complete only when its slowest part has arrived"
      },
      {
        "indicator": "p99_ms",
        "limit": 1000,
        "reason": "with five parts per page, one slow request in a hundred is one slow page in twenty"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "patients call the clinic if a part of the page is missing"
      },
      {
        "indicator": "throughput_rps",
        "limit": 0.5,
        "reason": "a single user makes more requests than this; fewer mean that users hang"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "password hashing is slow on purpose; more time than this is queueing"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/me",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 600,
        "request": "GET /api/dashboard",
        "alerts": false,
        "reason": "counts over several tables, the slowest part of its page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/notifications",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
      }
    ],
    "weight": 12
  },
  "mixed-traffic": {
    "title": "Mixed traffic",
    "journey": "All journeys at once, each as often as in production.",
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
        "reason": "most requests belong to pages, which have half a second"
      },
      {
        "indicator": "p99_ms",
        "limit": 1500,
        "reason": "uploads and payments are the slowest hundredth, and have limits of their own"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "every journey needs 99 % of its checks"
      },
      {
        "indicator": "throughput_rps",
        "limit": 0.5,
        "reason": "a single user makes more requests than this; fewer mean that users hang"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/available",
        "rare": true,
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "rare": true,
        "alerts": false,
        "reason": "password hashing is slow on purpose; more time than this is queueing"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "rare": true,
        "alerts": false,
        "reason": "public and cached, like a static file"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/appointments",
        "rare": true,
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/:id",
        "rare": true,
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/appointments/:id",
        "rare": true,
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "rare": true,
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services/:id",
        "rare": true,
        "alerts": false,
        "reason": "public and cached, like a static file"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/me",
        "rare": true,
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 600,
        "request": "GET /api/dashboard",
        "rare": true,
        "alerts": false,
        "reason": "counts over several tables, the slowest part of its page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments",
        "rare": true,
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders",
        "rare": true,
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/notifications",
        "rare": true,
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/products",
        "rare": true,
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/carts",
        "rare": true,
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "PUT /api/carts/:id/items/:productId",
        "rare": true,
        "alerts": false,
        "reason": "a click on `+`; users click again if nothing happens"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/carts/:id/items/:productId",
        "rare": true,
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/carts/:id",
        "rare": true,
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "POST /api/carts/:id/checkout",
        "rare": true,
        "alerts": false,
        "reason": "a payment; after one second without an answer, users press again"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/orders/:id",
        "rare": true,
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/orders/:id",
        "rare": true,
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 400,
        "request": "GET /api/search",
        "rare": true,
        "alerts": false,
        "reason": "search must keep up with typing"
      },
      {
        "indicator": "p95_ms",
        "limit": 1500,
        "request": "POST /api/prescriptions",
        "rare": true,
        "alerts": false,
        "reason": "an upload of up to a megabyte from a phone, which shows the progress"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/prescriptions",
        "rare": true,
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "GET /api/prescriptions/:id/file",
        "rare": true,
        "alerts": false,
        "reason": "a download of up to a megabyte for which a doctor waits"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/prescriptions/:id",
        "rare": true,
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 400,
        "request": "POST /api/auth/refresh",
        "rare": true,
        "alerts": false,
        "reason": "happens in the background while the user does something else"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "PATCH /api/appointments/:id",
        "rare": true,
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
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
        "reason": "Google's limit for a good largest contentful paint, which it requires of 75 % of visits"
      },
      {
        "indicator": "p95_ms",
        "limit": 1800,
        "metric": "browser_web_vital_fcp",
        "reason": "Google's limit for a good first contentful paint, which it requires of 75 % of visits"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "metric": "browser_web_vital_ttfb",
        "reason": "Google's limit for a good time to first byte, which it requires of 75 % of visits"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "a fast but empty page is not loaded"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: more failed requests are no result of the target at work",
        "metric": "browser_http_req_failed"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
      }
    ],
    "users_factor": 0.05,
    "needs_browser": true
  },
  "prescription-upload": {
    "title": "Prescription upload",
    "journey": "A patient uploads prescriptions, gets invalid ones refused, and downloads exactly the bytes that were sent.",
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
        "reason": "files of up to a megabyte, over all steps"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "a prescription with a changed byte is not valid"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "password hashing is slow on purpose; more time than this is queueing"
      },
      {
        "indicator": "p95_ms",
        "limit": 1500,
        "request": "POST /api/prescriptions",
        "alerts": false,
        "reason": "an upload of up to a megabyte from a phone, which shows the progress"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/prescriptions",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 1000,
        "request": "GET /api/prescriptions/:id/file",
        "alerts": false,
        "reason": "a download of up to a megabyte for which a doctor waits"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/prescriptions/:id",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
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
        "reason": "search must keep up with typing"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "a result without the search term is wrong"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
      }
    ],
    "weight": 20
  },
  "service-listing": {
    "title": "Service listing",
    "journey": "A visitor reads the list of services, opens one, and returns to the list, which is cached.",
    "requests": [
      "GET /api/services",
      "GET /api/services/:id"
    ],
    "slos": [
      {
        "indicator": "p95_ms",
        "limit": 300,
        "reason": "public pages that a cache can answer, and that search engines rank"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "without cache headers, every visitor costs as much as the first"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "alerts": false,
        "reason": "public and cached, like a static file"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services/:id",
        "alerts": false,
        "reason": "public and cached, like a static file"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
      }
    ],
    "weight": 20
  },
  "slot-notifications": {
    "title": "Slot notifications",
    "journey": "A patient watches the slots of a service live while another one is booked and cancelled.",
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
        "reason": "half a second, as for booking, over all steps"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "metric": "slot_update_delay",
        "reason": "time from a confirmed booking to the other screens; if it is longer, two patients want one slot"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "metric": "ws_connecting",
        "reason": "until the connection is open, the page may show slots that are taken"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "without the update, the live page is wrong"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "password hashing is slow on purpose; more time than this is queueing"
      },
      {
        "indicator": "p95_ms",
        "limit": 300,
        "request": "GET /api/services",
        "alerts": false,
        "reason": "public and cached, like a static file"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/appointments/available",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/appointments",
        "alerts": false,
        "reason": "a button that writes; users wait a little longer than for a page"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "DELETE /api/appointments/:id",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: more failed requests are no result of the target at work",
        "metric": "ws_req_failed"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
      }
    ]
  },
  "user-login": {
    "title": "Concurrent user login",
    "journey": "Users log in, mistype, refresh their session, and log out; password guessing is blocked.",
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
        "reason": "all users log in at once in the morning"
      },
      {
        "indicator": "p99_ms",
        "limit": 1500,
        "request": "POST /api/auth/login",
        "reason": "users who wait longer press again, and double the load"
      },
      {
        "indicator": "error_rate",
        "limit": 0.01,
        "aborts": {
          "limit": 0.5,
          "after_s": 60
        },
        "reason": "users tolerate one failed request in a hundred before they call the clinic"
      },
      {
        "indicator": "checks_rate",
        "limit": 0.99,
        "reason": "an old token that still works, or password guessing that is not blocked, is a security hole"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/login",
        "alerts": false,
        "reason": "password hashing is slow on purpose; more time than this is queueing"
      },
      {
        "indicator": "p95_ms",
        "limit": 500,
        "request": "GET /api/me",
        "alerts": false,
        "reason": "part of a page; more than half a second feels broken"
      },
      {
        "indicator": "p95_ms",
        "limit": 400,
        "request": "POST /api/auth/refresh",
        "alerts": false,
        "reason": "happens in the background while the user does something else"
      },
      {
        "indicator": "p95_ms",
        "limit": 800,
        "request": "POST /api/auth/logout",
        "alerts": false,
        "reason": "nobody waits for it, but what it frees is missing until then"
      },
      {
        "indicator": "exception_rate",
        "limit": 0.01,
        "rare": true,
        "reason": "default of every scenario: an iteration that throws leaves out what it should measure"
      }
    ],
    "weight": 6
  }
} as const;
