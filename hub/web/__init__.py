"""HTTP and WebSockets: what a request passes, in this order.

``middleware``       what every request passes: ``request_ids``, ``origins`` (CORS), ``compression``
``http``             the GraphQL endpoint over HTTP; with ``negotiation`` (media types) and ``caching`` (ETag, Cache-Control)
``export_response``  its response where a query is answered by a file
``websocket``        the same over WebSockets
``import_routes``    ``/imports``; with ``running_imports``, the imports of this process
``error_responses``  errors outside of the endpoint, in its form
``explorer_page``    GraphiQL, as it was built
``schema_route``     ``/schema.graphql``
``operator_routes``  ``/healthz``, ``/readyz`` and ``/metrics``; with ``readiness``
``protocol``         uvicorn's HTTP protocol, which writes a short response at once
"""
