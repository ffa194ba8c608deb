package lib.sql_test

import data.lib.sql

# Each kind of effect, and texts that have this one alone.
alone := {
	"reads": [
		"SELECT 1", "select id, name from customers where id = 5;", "(SELECT 1) UNION ALL (SELECT 2)", "VALUES (1), (2)",
		"WITH d AS (SELECT * FROM users WHERE x = 1) SELECT * FROM d", "TABLE users", "SHOW TABLES", "DESCRIBE users",
		"SELECT * FROM t WHERE id = 1 FOR UPDATE", "SELECT * FROM t FOR NO KEY UPDATE SKIP LOCKED", "DESC users",
		"SELECT 'it''s ; DELETE FROM users'", "SELECT /* DELETE FROM users */ 1 -- DELETE FROM users", "PRAGMA table_info(users)",
		"SELECT \"delete\" FROM t", "SELECT t.delete FROM t", "SELECT a, update, b FROM t", "COPY t TO STDOUT",
		"SELECT replace(name, 'a', 'b'), insert('abc', 1, 2, 'x'), truncate(1.5, 1) FROM t", "SELECT TOP (10) * FROM t",
		"SELECT [delete] FROM [dbo].[Order Details]", "SELECT `drop` FROM `t`", "SELECT ARRAY['a', 'b'], arr[1], x::text[]",
		"SELECT E'\\n', N'x', X'ff' FROM t WHERE a = 'C:\\dir'", "SELECT a, lower(b), count(*) FROM t GROUP BY 1, 2 HAVING count(*) > 3",
		"SELECT sum(x) OVER (PARTITION BY y ORDER BY z), extract(year FROM c)::numeric(10, 2) FROM a, b",
		"SELECT pg_catalog.lower(x) FROM t", "SELECT a FROM t WHERE b = $1 AND c = :name AND d = @p AND e = ? AND f = %s",
		"select * from (values (1)) as v (n)", "with x (a) as (select 1), y (b) as (select 2) select * from x, y",
		"EXPLAIN DELETE FROM users", "EXPLAIN SELECT pg_sleep(1)", "explain query plan select 1", "explain analyse select 1",
		"SELECT 1 INTO @x", "SELECT größe FROM t WHERE stadt = 'Köln 😀'", "SELECT x FROM t -- 👨‍👩‍👧",
	],
	"writes": [
		"INSERT INTO t (a) VALUES (1)", "UPDATE t SET a = 1 WHERE b = 2", "REPLACE INTO t VALUES (1)", "UPSERT INTO t VALUES (1)",
		"MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)", "COPY t FROM STDIN",
		"INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET a = EXCLUDED.a", "BEGIN; UPDATE t SET a = 1 WHERE id = 3; COMMIT",
		"INSERT INTO t (id) VALUES (1) ON DUPLICATE KEY UPDATE a = 1", "UPDATE t SET role = 1 WHERE name > 'm' AND x IN (1, 2)",
	],
	"writes_all": ["UPDATE t SET a = 1", "UPDATE ONLY t SET a = b + 1", "update t set a = 1 where current_date > '2000-01-01'"],
	"deletes": [
		"DELETE FROM t WHERE a = 1", "DELETE FROM t WHERE created < now() - interval '90 days'", "EXPLAIN ANALYZE DELETE FROM t WHERE x = 3",
		"DELETE FROM t LIMIT 10", "DELETE FROM t WHERE id BETWEEN 1 AND 10", "DELETE FROM t USING o WHERE o.t = t.id",
		"DELETE FROM t WHERE (a = 1 OR b = 2)", "DELETE FROM t WHERE 1 = 1 AND a = 2", "DELETE FROM t WHERE a > 5",
	],
	"deletes_all": [
		"DELETE FROM t", "DELETE t", "DELETE FROM t WHERE 1 = 1", "DELETE FROM t WHERE true", "DELETE FROM t WHERE 'a' = 'a'",
		"DELETE FROM t WHERE x = x", "DELETE FROM t WHERE t.x = x", "DELETE FROM t WHERE x = t.x", "DELETE FROM t WHERE a = 5 OR 1 = 1",
		"DELETE FROM t WHERE (a = 5) OR ('a' = 'a')", "DELETE FROM t WHERE a = 5 || 1 = 1", "DELETE FROM t WHERE 1", "DELETE FROM t WHERE (1 = 1)",
		"DELETE FROM t WHERE NOT FALSE", "DELETE FROM t WHERE length('x') = 1", "DELETE FROM t WHERE x IS NOT NULL",
		"DELETE FROM t WHERE name LIKE '%'", "DELETE FROM t WHERE id > 0", "DELETE FROM t WHERE name <> ''", "DELETE FROM t WHERE ((x = x))",
		"DELETE FROM t WHERE 1 = 1 AND true", "DELETE FROM t WHERE 1 = 1 && true", "EXPLAIN (ANALYZE) DELETE FROM t", "DELETE FROM t WHERE x >= x",
		"DELETE FROM t WHERE -- x = 1", "SET NOCOUNT ON DELETE FROM t", "DELETE FROM t ORDER BY x", "DELETE FROM t WHERE ? = ?",
		"DELETE FROM t WHERE 0x1 = 0x1", "DELETE FROM t LIMIT ALL", "DELETE FROM t WHERE \"x\" = x", "DELETE FROM t WHERE (? = 1)",
	],
	"drops": [
		"DROP TABLE t", "DROP DATABASE d", "TRUNCATE TABLE t", "TRUNCATE t, u", "DROP MATERIALIZED VIEW v", "DROP SCHEMA s CASCADE",
		"DROP anything",
	],
	"changes_schema": [
		"CREATE TABLE t (id serial primary key, x varchar(10) references u (id) on delete cascade, n numeric(10, 2))", "DROP INDEX ix",
		"CREATE TABLE t (id int references u (id) on update set null on delete no action)", "ALTER TABLE t ADD COLUMN x int",
		"CREATE INDEX CONCURRENTLY ix ON t USING gin (data)", "VACUUM FULL t", "RENAME TABLE a TO b", "DROP VIEW v", "COMMENT ON TABLE t IS 'x'",
		"SELECT * INTO t2 FROM t", "CREATE UNIQUE INDEX ix ON t (role)", "ALTER TABLE t DROP CONSTRAINT c",
	],
	"changes_rights": [
		"GRANT SELECT, DELETE ON t TO bob", "REVOKE ALL ON t FROM bob", "CREATE USER bob WITH LOGIN", "ALTER ROLE bob SUPERUSER",
		"SET ROLE admin", "SET SESSION AUTHORIZATION admin", "DROP ROLE bob", "CREATE POLICY p ON t", "SET PASSWORD = 'x'",
		"DENY SELECT ON t TO bob", "REASSIGN OWNED BY a TO b", "ALTER DEFAULT PRIVILEGES IN SCHEMA s REVOKE ALL ON TABLES FROM bob",
	],
	"reaches_beyond": [
		"COPY t TO PROGRAM 'curl x'", "COPY t TO '/tmp/x'", "COPY t FROM '/etc/passwd'", "LOAD DATA INFILE 'x' INTO TABLE t", "DO 'x'",
		"EXEC xp_cmdshell 'dir'", "ATTACH DATABASE 'x' AS y", "CREATE EXTENSION dblink", "CREATE TRIGGER x", "BACKUP DATABASE d TO DISK = 'x'",
		"CREATE OR REPLACE FUNCTION f RETURNS int", "ALTER SYSTEM SET x = 1", "KILL 55", "CALL x",
	],
	"sets": ["SET search_path TO evil", "SET GLOBAL general_log = 0", "PRAGMA writable_schema = 1", "SET sql_log_bin = 0"],
	"moves": ["USE other"],
	"unknown": ["frobnicate the database", "xp_dirtree 'x'", "BEGIN evil", "COMMIT evil", "( foo )", "WITH x", "CREATE something", "IF 1 = 1"],
}

# Some at a time: a test may take no longer than five seconds, on a busy machine too.
only(kind, from, to) if {
	every text in array.slice(alone[kind], from, to) {
		sql.read(text).does == {kind}
	}
}

test_reading_is_seen if only("reads", 0, 10)

test_reading_is_seen_in_another_way if only("reads", 10, 20)

test_reading_is_seen_in_a_third_way if only("reads", 20, 30)

test_reading_is_seen_in_a_fourth_way if only("reads", 30, 99)

test_writing_is_seen if only("writes", 0, 10)

test_writing_everywhere_is_seen if only("writes_all", 0, 10)

test_deleting_is_seen if only("deletes", 0, 10)

test_deleting_everything_is_seen if only("deletes_all", 0, 10)

test_deleting_everything_is_seen_in_another_way if only("deletes_all", 10, 20)

test_deleting_everything_is_seen_in_a_third_way if only("deletes_all", 20, 30)

test_deleting_everything_is_seen_in_a_fourth_way if only("deletes_all", 30, 99)

test_dropping_is_seen if only("drops", 0, 10)

test_changing_the_schema_is_seen if only("changes_schema", 0, 10)

test_changing_the_schema_is_seen_in_another_way if only("changes_schema", 10, 20)

test_changing_rights_is_seen if only("changes_rights", 0, 10)

test_changing_rights_is_seen_in_another_way if only("changes_rights", 10, 20)

test_reaching_beyond_the_tables_is_seen if only("reaches_beyond", 0, 10)

test_reaching_beyond_the_tables_is_seen_in_another_way if only("reaches_beyond", 10, 20)

test_setting_is_seen if only("sets", 0, 10)

test_moving_is_seen if only("moves", 0, 10)

test_what_is_not_known_is_seen if only("unknown", 0, 10)

test_transactions_and_harmless_settings_do_nothing if {
	every text in [
		"BEGIN", "COMMIT;", "ROLLBACK TO SAVEPOINT a", "SAVEPOINT a", "RELEASE a", "START TRANSACTION READ ONLY", "END", "CLOSE c",
		"BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY", "SET statement_timeout = '5s'", "SET LOCAL lock_timeout = 10", "SET @x = 1",
		"SET NOCOUNT ON",
	] {
		sql.read(text).does == set()
	}
}

# Texts that do several things: all of them count.
together := [
	{
		"SELECT 1; DROP TABLE users;": {"reads", "drops"},
		"SELECT 1 DELETE FROM t": {"reads", "deletes_all"},
		"SELECT 1 -- x\n; DELETE FROM t": {"reads", "deletes_all"},
		"WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d": {"reads", "deletes_all"},
		"INSERT INTO t SELECT * FROM o": {"reads", "writes"},
		"UPDATE t SET a = (SELECT b FROM c WHERE c.id = 1)": {"reads", "writes_all"},
		"DELETE FROM t WHERE id IN (SELECT id FROM t)": {"reads", "deletes_all"},
		"DELETE FROM t WHERE EXISTS (SELECT 1 FROM u)": {"reads", "deletes_all"},
		"DELETE FROM t WHERE id IN (SELECT id FROM o WHERE x = 1)": {"reads", "deletes"},
		"DELETE FROM t WHERE id = (SELECT id FROM o LIMIT 1)": {"reads", "deletes"},
		"DELETE FROM t WHERE id = (SELECT max(id) FROM o JOIN p USING (id))": {"reads", "deletes"},
	},
	{
		"ALTER TABLE t ADD COLUMN x int, DROP COLUMN y": {"changes_schema", "drops"},
		"ALTER TABLE t OWNER TO bob": {"changes_schema", "changes_rights"},
		"ALTER TABLE t ENABLE ROW LEVEL SECURITY": {"changes_schema", "changes_rights"},
		"CREATE TABLE t AS SELECT * FROM o": {"changes_schema", "reads"},
		"SELECT * FROM t INTO OUTFILE '/tmp/x'": {"reads", "reaches_beyond"},
		"SELECT pg_read_file('/etc/passwd')": {"reads", "reaches_beyond"},
		"SELECT \"pg_sleep\"(10)": {"reads", "reaches_beyond"},
		"SELECT a FROM t WHERE b = (SELECT pg_catalog.pg_sleep(10))": {"reads", "reaches_beyond"},
		"SELECT * FROM dblink('x', 'y')": {"reads", "reaches_beyond"},
		"SELECT nextval('s')": {"reads", "reaches_beyond"},
		"UPDATE t SET a = lo_export(1, 'x') WHERE b = 1": {"writes", "reaches_beyond"},
	},
	{
		"SELECT purge_orders(30)": {"reads", "calls"},
		"SELECT evil.lower('x')": {"reads", "calls"},
		"CALL purge()": {"reaches_beyond", "calls"},
		"INSERT INTO FUNCTION remote('x', 'y') SELECT 1": {"reads", "reaches_beyond", "writes"},
		"CREATE VIEW v AS SELECT pg_read_file('x')": {"changes_schema", "reads", "reaches_beyond"},
		"SELECT 1; frobnicate": {"reads", "unknown"},
		"UNLOAD ('select 1') TO 's3://x'": {"reaches_beyond", "calls"},
		"PRAGMA journal_mode(wal)": {"sets", "calls"},
		"COMMIT DROP TABLE t": {"unknown", "drops"},
	},
]

all_of(part) if {
	every text, kinds in together[part] {
		sql.read(text).does == kinds
	}
}

test_all_statements_count if all_of(0)

test_statements_within_statements_count if all_of(1)

test_functions_and_clauses_count if all_of(2)

# What some databases read otherwise than others, and why.
unclear := {
	"a backslash before a quote": ["SELECT 'it\\'s'", "SELECT \"a\\\"b\"", "SELECT 'a\\\\\\' '"],
	"a comment that some databases run": ["SELECT /*!50000 1 */ 2", "SELECT /*M!100 1 */ 2"],
	"a comment within a comment": ["SELECT /* a /* b */ 1"],
	"a comment that begins with -- and no space, which some databases run": ["SELECT 5--1"],
	"a comment that some databases end at a carriage return": ["SELECT 1 -- a\rDELETE FROM t"],
	"a text in the quotes of one database": ["SELECT q'[it]'", "SELECT nq'x'", "SELECT U&'x'"],
	"an open quote": ["SELECT 'a", "SELECT \"a", "SELECT `a"],
	"a #, which begins a comment in some databases": ["SELECT 1 # x"],
	"dollar quotes, which are text in some databases only": ["SELECT $$ x $$", "SELECT $tag$ x $tag$"],
	"a template that is not filled in": ["SELECT {{ x }}", "SELECT ${x}"],
	"a command to the client rather than to the database": ["\\! ls", "SELECT 1 \\gexec"],
	"brackets that databases read differently": ["SELECT [a'b]", "SELECT [']; DELETE FROM t; --]"],
	"characters that people do not see or take for others": [
		"DEL\u200bETE FROM t", "SELECT \u0430dmin FROM t", "SELECT U&\"d\\0061ta\" FROM t", "SELECT \u00a0 FROM t", "SELECT \u212a FROM t",
		"SELECT \u0130 FROM t", "SELECT [\u0430bc] FROM t", "SELECT \u000b 1",
	],
	"brackets that do not match, or too many of them": ["SELECT (1", "SELECT 1)", "SELECT ((((((((((((((1))))))))))))))"],
}

held_unclear(reasons) if {
	every why in reasons {
		every text in unclear[why] {
			{"does": "unclear", "what": $"holds {why}"} in sql.read(text).findings
		}
	}
}

test_comments_and_quotes_that_are_read_differently_are_unclear if {
	held_unclear([why | some why, _ in unclear; regex.match("comment|quote", why)])
}

test_characters_and_brackets_that_are_read_differently_are_unclear if {
	held_unclear([why | some why, _ in unclear; not regex.match("comment|quote", why)])
}

test_an_even_number_of_backslashes_escapes_no_quote if sql.read("SELECT 'a\\\\'").does == {"reads"}

test_what_is_no_statement_is_unclear if {
	every text in [1, null, true, [], {}, ["SELECT 1"]] {
		sql.read(text).findings == {{"does": "unclear", "what": "is no text"}}
	}
	every text in ["", "  ", "-- x", "/* x */"] {
		sql.read(text).findings == {{"does": "unclear", "what": "is empty"}}
	}
}

test_what_is_too_long_is_unclear if {
	said := sql.read("SELECT a, b") with data.lib.sql.tokens.longest as 10
	said.findings == {{"does": "unclear", "what": "is too long to be read"}}
	sql.read("SELECT a, b").does == {"reads"} with data.lib.sql.tokens.longest as 11
}

test_what_has_too_many_words_is_unclear if {
	said := sql.read("SELECT a, b") with data.lib.sql.tokens.most as 3
	said.findings == {{"does": "unclear", "what": "is too long to be read"}}
	sql.read("SELECT a, b").does == {"reads"} with data.lib.sql.tokens.most as 4
}

test_rows_are_known_where_the_text_says_them if {
	every text, rows in {
		"SELECT 1": 0,
		"DELETE FROM t WHERE id = 5": 1,
		"DELETE FROM t WHERE t.id = $1 AND x = 2": 1,
		"DELETE FROM t WHERE \"ID\" = '5'::uuid": 1,
		"DELETE FROM t WHERE id IN (1, 2, 3)": 3,
		"DELETE FROM t WHERE id IN (1, 2, 3) AND uuid = 4": 1,
		"DELETE FROM t WHERE a = 1 LIMIT 10": 10,
		"DELETE FROM t LIMIT 10": 10,
		"UPDATE t SET a = 1, b = 2 WHERE id = 7": 1,
		"INSERT INTO t (a, b) VALUES (1, 'x'), (2, now())": 2,
		"INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = (2)": 1,
		"DELETE FROM t WHERE id = 1; INSERT INTO u VALUES (1), (2)": 3,
	} {
		sql.read(text).rows == rows
	}
}

unknown_rows(texts) if {
	every text in texts {
		not sql.read(text).rows
	}
}

test_rows_are_not_known_when_the_condition_names_no_key if unknown_rows([
	"DELETE FROM t", "DELETE FROM t WHERE a = 1", "DELETE FROM t WHERE id = 5 OR a = 2", "DELETE FROM t WHERE id > 5", "DELETE FROM t WHERE id IN ($1)", "DELETE FROM t WHERE id = other", "DELETE FROM t USING o WHERE o.id = 5", "DELETE FROM t WHERE id = 5 || a = 2",
])

test_rows_are_not_known_when_other_tables_choose_them if unknown_rows([
	"DELETE a FROM a JOIN b ON a.x = b.x WHERE b.id = 5", "UPDATE t SET a = 1 FROM o WHERE o.id = 5", "UPDATE t, o SET t.a = 1 WHERE o.id = 5", "INSERT INTO t SELECT * FROM o", "INSERT INTO t VALUES ?", "DELETE FROM t WHERE id = 1; DELETE FROM t WHERE a = 2", "DELETE FROM t LIMIT ?", "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = 1",
])

test_tables_are_found_wherever_they_stand if {
	every text, tables in {
		"SELECT * FROM users": {"users"},
		"SELECT * FROM prod.public.\"Users\" u": {"prod.public.users"},
		"SELECT * FROM [dbo].[Order Details]": {"dbo.order.details"},
		"SELECT * FROM a x, b AS y, c WHERE a.x = 1": {"a", "b", "c"},
		"SELECT * FROM a JOIN b ON a.id = b.id LEFT JOIN c USING (id)": {"a", "b", "c"},
		"SELECT * FROM (SELECT * FROM inner_one) q": {"inner_one"},
		"DELETE FROM ONLY a USING b": {"a", "b"},
		"UPDATE a SET x = 1": {"a"},
		"INSERT INTO a (x) VALUES (1)": {"a"},
		"TRUNCATE TABLE a": {"a"},
		"TABLE a": {"a"},
		"DESCRIBE a": {"a"},
		"DROP TABLE IF EXISTS a": {"a"},
		"SELECT * FROM db..a": {"db..a"},
		"EXPLAIN DELETE FROM a": {"a"},
		"GRANT SELECT ON a TO b": set(),
		"SELECT x FROM a ORDER BY y DESC LIMIT 5": {"a"},
	} {
		sql.read(text).tables == tables
	}
}

test_names_are_all_that_is_mentioned if {
	sql.read("SELECT u.\"Password_Hash\" FROM users u").names == {"select", "password_hash", "from", "users", "u"}
}

says(text) := {finding.what | some finding in sql.read(text).findings}

told(words) if {
	every text, said in words {
		says(text) == said
	}
}

test_people_are_told_which_rows_and_tables if told({
	"DELETE FROM prod.users": {"deletes every row of prod.users"},
	"DELETE FROM users WHERE a = 1": {"deletes rows of users"},
	"UPDATE users SET a = 1": {"changes every row of users"},
	"UPDATE users SET a = 1 WHERE b = 2": {"changes rows of users"},
	"INSERT INTO users VALUES (1)": {"writes into users"},
	"DROP TABLE IF EXISTS users CASCADE": {"runs drop table if exists users cascade"},
	"TRUNCATE TABLE users": {"empties users"},
	"GRANT ALL ON t TO bob": {"runs grant all on t to bob"},
	"CREATE ROLE x": {"runs create role x"},
	"EXEC evil 'x'": {"runs exec evil"},
	"COPY t TO PROGRAM 'x'": {"runs copy t to program", "runs a program on the server"},
	"SELECT pg_sleep(1)": {"reads", "calls pg_sleep"},
})

test_people_are_told_what_runs if told({
	"SELECT purge(1)": {"reads", "calls purge, which is not known to only read"},
	"COPY t FROM STDIN": {"copies into t"},
	"COPY t TO STDOUT": {"copies to the client"},
	"VACUUM t": {"runs vacuum t"},
	"USE other": {"runs use other"},
	"SET search_path TO x": {"runs set search_path to x"},
	"SET ROLE x": {"runs set role x"},
	"PRAGMA a = 1": {"runs pragma a = 1"},
	"frobnicate x": {"begins with frobnicate, which is not known"},
	"EXPLAIN DELETE FROM t": {"asks for a plan"},
	"SELECT * INTO t2 FROM t": {"creates t2 from what it selects"},
	"DROP INDEX ix": {"runs drop index ix"},
	"DELETE": {"deletes every row of something"},
})

never(_) := false

test_ordinary_texts_are_read_as_all_others_are if {
	every text in [
		"SELECT id, t.*, a.b FROM users t WHERE id = 5 AND x <> 'a' ORDER BY 1.5 LIMIT 10", "DELETE FROM t WHERE 1=1;", "UPDATE t SET a = b*c - 1",
		"SELECT count(*), '%' FROM t WHERE x != '' AND y >= ?",
	] {
		data.lib.sql.tokens.ordinary(text)
		slowly := sql.read(text) with data.lib.sql.tokens.ordinary as never
		sql.read(text) == slowly
	}
}

test_what_could_be_read_in_another_way_is_not_ordinary if {
	every text in [
		"SELECT 1DELETE", "SELECT 0x1", "SELECT n'x'", "SELECT q'(a)'", "SELECT 'it''s'", "SELECT 'a\\'", "SELECT 5 -- x", "SELECT /* x */ 1",
		"SELECT \"a\"", "SELECT `a`", "SELECT [a]", "SELECT größe", "SELECT $1", "SELECT @x", "SELECT 'a", "SELECT a::text", "SELECT #x", "SELECT 'a'b",
	] {
		not data.lib.sql.tokens.ordinary(text)
	}
}
