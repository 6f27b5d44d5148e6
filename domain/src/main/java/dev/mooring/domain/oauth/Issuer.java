package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

/**
 * The identifier of an authorization server (RFC 8414 section 2): an http(s) URL without query or
 * fragment.
 *
 * <p>Two issuers are equal when their strings are: RFC 8414 section 3.3 and RFC 9207 section 2.4
 * ask for simple string comparison, so nothing is normalised, not even a trailing slash.
 */
public record Issuer(String value) {
    public Issuer {
        HttpUrl.requireHttpUrl("oauth_config.issuer", value);
        require(
                value.indexOf('?') < 0 && value.indexOf('#') < 0,
                "oauth_config.issuer",
                "an issuer has neither query nor fragment");
    }

    /**
     * Stands for an authorization server whose endpoints an operator gave by hand without naming
     * its issuer. Credentials stay keyed by issuer, and the token endpoint is what tells servers
     * apart.
     */
    public static Issuer ofTokenEndpoint(String tokenEndpoint) {
        int end = tokenEndpoint.length();
        for (char stop : new char[] {'?', '#'}) {
            int at = tokenEndpoint.indexOf(stop);
            end = at < 0 ? end : Math.min(end, at);
        }
        return new Issuer(tokenEndpoint.substring(0, end));
    }

    @Override
    public String toString() {
        return value;
    }
}
