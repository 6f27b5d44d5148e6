package dev.mooring.architecture.broken.unsealed.domain;

interface AnybodysChoice {}
