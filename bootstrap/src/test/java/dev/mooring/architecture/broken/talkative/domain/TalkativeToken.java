package dev.mooring.architecture.broken.talkative.domain;

record TalkativeToken(String value) implements Secret {}
