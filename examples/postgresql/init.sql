-- SPDX-License-Identifier: Apache-2.0
CREATE ROLE frontend LOGIN;
CREATE DATABASE shop OWNER frontend;
