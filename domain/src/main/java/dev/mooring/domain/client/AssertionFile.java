package dev.mooring.domain.client;

import static dev.mooring.domain.InvalidValueException.require;

/**
 * Names a file with an assertion, in the one directory that the operator of the process set aside
 * for such files. A name and never a path, so that whoever may make clients cannot read anything
 * else.
 */
public record AssertionFile(String name) {
    public AssertionFile {
        require(
                name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,127}"),
                "oauth_config.assertion_file",
                "must be a plain file name of letters, digits, dots, hyphens and underscores");
    }

    @Override
    public String toString() {
        return name;
    }
}
