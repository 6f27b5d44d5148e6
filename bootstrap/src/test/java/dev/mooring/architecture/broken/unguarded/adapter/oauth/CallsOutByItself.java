package dev.mooring.architecture.broken.unguarded.adapter.oauth;

import java.net.http.HttpClient;

record CallsOutByItself(HttpClient client) {}
