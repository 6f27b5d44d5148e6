package dev.mooring.architecture.broken.prints.adapter;

import java.util.logging.Logger;

record LogsPastTheRuntime(Logger logger) {}
