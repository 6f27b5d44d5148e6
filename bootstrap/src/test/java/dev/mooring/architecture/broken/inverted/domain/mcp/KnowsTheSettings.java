package dev.mooring.architecture.broken.inverted.domain.mcp;

import dev.mooring.architecture.broken.inverted.domain.client.SomeSettings;

record KnowsTheSettings(SomeSettings settings) {}
