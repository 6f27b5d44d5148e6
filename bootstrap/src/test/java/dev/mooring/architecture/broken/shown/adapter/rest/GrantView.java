package dev.mooring.architecture.broken.shown.adapter.rest;

import dev.mooring.architecture.broken.shown.domain.AccessToken;

record GrantView(AccessToken token) {}
