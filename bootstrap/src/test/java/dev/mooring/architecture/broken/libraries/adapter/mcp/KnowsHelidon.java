package dev.mooring.architecture.broken.libraries.adapter.mcp;

import io.helidon.webserver.WebServer;

record KnowsHelidon(WebServer server) {}
