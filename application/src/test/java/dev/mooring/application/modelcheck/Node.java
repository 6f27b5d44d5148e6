package dev.mooring.application.modelcheck;

import dev.mooring.application.UseCases;
import dev.mooring.application.port.Ports;

/** What runs on one node. */
record Node(UseCases useCases, Ports ports) {}
