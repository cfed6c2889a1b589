"""HTTP and WebSockets: what a request passes, in this order.

``middleware``       what every request passes: ``request_ids``, ``origins`` (CORS), ``compression``
``http``             the GraphQL endpoint over HTTP; with ``negotiation`` (media types) and ``caching`` (ETag, Cache-Control)
``websocket``        the same over WebSockets
``error_responses``  errors outside of the endpoint, in its form
``explorer_page``    GraphiQL, as it was built
``schema_route``     ``/schema.graphql``
``operator_routes``  ``/healthz``, ``/readyz`` and ``/metrics``; with ``readiness``
"""
