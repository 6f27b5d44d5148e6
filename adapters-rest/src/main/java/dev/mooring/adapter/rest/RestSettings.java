package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.TrustedProxies;

import java.net.URI;

/**
 * Where we listen and how much we take at once.
 *
 * @param port of the API; 0 takes any free one
 * @param adminPort of health and metrics; 0 takes any free one
 * @param publicUrl the base URL by which browsers and authorization servers reach the API; never
 *     taken from a request
 * @param proxies that are believed who called them
 */
public record RestSettings(
        String host,
        int port,
        String adminHost,
        int adminPort,
        URI publicUrl,
        TrustedProxies proxies,
        RestLimits limits) {}
