package dev.mooring.architecture.broken.events.domain.lifecycle;

interface ClientEvent {}
