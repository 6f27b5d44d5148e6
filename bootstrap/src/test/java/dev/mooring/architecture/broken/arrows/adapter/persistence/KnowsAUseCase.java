package dev.mooring.architecture.broken.arrows.adapter.persistence;

import dev.mooring.architecture.broken.arrows.application.SomeUseCase;

record KnowsAUseCase(SomeUseCase driver) {}
