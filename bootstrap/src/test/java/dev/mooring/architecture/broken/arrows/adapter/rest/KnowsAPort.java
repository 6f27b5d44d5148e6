package dev.mooring.architecture.broken.arrows.adapter.rest;

import dev.mooring.architecture.broken.arrows.application.port.SomeStore;

record KnowsAPort(SomeStore store) {}
