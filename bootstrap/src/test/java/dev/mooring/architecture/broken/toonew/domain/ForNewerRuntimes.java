package dev.mooring.architecture.broken.toonew.domain;

record ForNewerRuntimes() {}
