package dev.mooring.architecture.broken.events.domain.lifecycle;

import dev.mooring.architecture.broken.events.domain.Wrapper;

record TokenStored(Wrapper wrapper) implements ClientEvent {}
