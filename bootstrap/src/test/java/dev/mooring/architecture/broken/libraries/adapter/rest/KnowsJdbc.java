package dev.mooring.architecture.broken.libraries.adapter.rest;

import java.sql.Connection;

record KnowsJdbc(Connection connection) {}
