package dev.mooring.domain.client;

import static dev.mooring.domain.InvalidValueException.require;

/**
 * A private certification authority in PEM that this client trusts besides the usual ones, for its
 * MCP server and its authorization server. Whether it parses is checked by who uses it.
 */
public record TrustedCa(String pem) {
    public TrustedCa {
        require(
                pem.contains("-----BEGIN CERTIFICATE-----") && pem.length() <= 65_536,
                "tls_config.ca_cert_pem",
                "must be a certificate in PEM of at most 64 KiB");
    }
}
