package dev.mooring.architecture.broken.inverted.domain.oauth;

import dev.mooring.architecture.broken.inverted.domain.lifecycle.SomeState;

record KnowsTheLifeCycle(SomeState state) {}
