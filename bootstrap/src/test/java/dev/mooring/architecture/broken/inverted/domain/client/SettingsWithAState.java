package dev.mooring.architecture.broken.inverted.domain.client;

import dev.mooring.architecture.broken.inverted.domain.lifecycle.SomeState;

record SettingsWithAState(SomeState state) {}
