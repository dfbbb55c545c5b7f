CREATE TABLE alembic_version (
	version_num TEXT NOT NULL, 
	PRIMARY KEY (version_num)
);
CREATE TABLE alerts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	incident_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	title TEXT NOT NULL, 
	text TEXT NOT NULL, 
	run_id INTEGER, 
	created_at BIGINT NOT NULL, 
	FOREIGN KEY(incident_id) REFERENCES incidents (id) ON DELETE CASCADE
);
CREATE TABLE attempts (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	outcome TEXT, 
	reason TEXT, 
	error TEXT, 
	exit_code INTEGER, 
	http_status INTEGER, 
	started_at BIGINT NOT NULL, 
	finished_at BIGINT, 
	duration_ms INTEGER, 
	pid INTEGER, 
	pid_started FLOAT, 
	log_bytes BIGINT DEFAULT '0' NOT NULL, 
	omitted_bytes BIGINT DEFAULT '0' NOT NULL, 
	omitted_lines BIGINT DEFAULT '0' NOT NULL, 
	request TEXT, 
	response TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE channels (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	shown TEXT NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	UNIQUE (name)
);
CREATE TABLE deliveries (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	alert_id INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	due_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	error TEXT, 
	FOREIGN KEY(alert_id) REFERENCES alerts (id) ON DELETE CASCADE
);
CREATE TABLE heartbeats (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	spec TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	last_ping_at BIGINT, 
	overdue_at BIGINT, 
	UNIQUE (name)
);
CREATE TABLE incidents (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	subject TEXT NOT NULL, 
	title TEXT NOT NULL, 
	queue TEXT, 
	job TEXT, 
	kind TEXT NOT NULL, 
	failures INTEGER NOT NULL, 
	raised TEXT, 
	run_id INTEGER, 
	opened_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	closed_at BIGINT
);
CREATE TABLE jobs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	spec TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	anchor_at BIGINT NOT NULL, 
	last_due_at BIGINT, 
	next_due_at BIGINT, 
	UNIQUE (name)
);
CREATE TABLE log_chunks (
	attempt_id INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	stream TEXT NOT NULL, 
	time BIGINT NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (attempt_id, seq), 
	FOREIGN KEY(attempt_id) REFERENCES attempts (id) ON DELETE CASCADE
);
CREATE TABLE pushed_keys (
	token_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	run_id INTEGER NOT NULL, 
	fingerprint TEXT NOT NULL, 
	answer TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (token_id, "key"), 
	FOREIGN KEY(token_id) REFERENCES tokens (id) ON DELETE CASCADE, 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE queues (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	paused BOOLEAN DEFAULT 0 NOT NULL, 
	concurrency INTEGER, 
	created_at BIGINT NOT NULL, 
	policy TEXT, 
	next_start_at BIGINT, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
CREATE TABLE runs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	title TEXT NOT NULL, 
	job_id INTEGER, 
	job TEXT, 
	queue TEXT NOT NULL, 
	state TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	priority INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	uncounted INTEGER NOT NULL, 
	max_attempts INTEGER NOT NULL, 
	created_at BIGINT NOT NULL, 
	due_at BIGINT NOT NULL, 
	available_at BIGINT NOT NULL, 
	started_at BIGINT, 
	attempt_started_at BIGINT, 
	finished_at BIGINT, 
	reason TEXT, 
	error TEXT, 
	replay_of INTEGER, 
	replayed_by INTEGER, 
	"key" TEXT, 
	timeout FLOAT, 
	cancel_requested BOOLEAN NOT NULL, 
	"exclusive" BOOLEAN NOT NULL, 
	spec TEXT NOT NULL, 
	retry_spec TEXT NOT NULL, 
	policy_spec TEXT, 
	about INTEGER, 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE SET NULL
);
CREATE TABLE secrets (
	name TEXT NOT NULL, 
	place TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE settings (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE snoozes (
	subject TEXT NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (subject)
);
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE tokens (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	allow_scripts BOOLEAN NOT NULL, 
	created_at BIGINT NOT NULL, 
	last_used_at BIGINT, 
	revoked_at BIGINT, 
	UNIQUE (hash)
);
CREATE INDEX ix_alerts_incident ON alerts (incident_id);
CREATE INDEX ix_attempts_logs ON attempts (id, log_bytes) WHERE log_bytes > 0;
CREATE UNIQUE INDEX ix_attempts_run ON attempts (run_id, number);
CREATE INDEX ix_deliveries_alert ON deliveries (alert_id);
CREATE INDEX ix_deliveries_waiting ON deliveries (due_at) WHERE state = 'waiting';
CREATE INDEX ix_heartbeats_overdue ON heartbeats (overdue_at) WHERE overdue_at IS NOT NULL;
CREATE UNIQUE INDEX ix_incidents_open ON incidents (subject, kind) WHERE closed_at IS NULL;
CREATE INDEX ix_pushed_keys_run ON pushed_keys (run_id);
CREATE INDEX ix_runs_about ON runs (about) WHERE about IS NOT NULL;
CREATE INDEX ix_runs_attention ON runs (id) WHERE state || '' = 'dead' AND replayed_by IS NULL;
CREATE INDEX ix_runs_attention_queue ON runs (queue, state, replayed_by) WHERE state || '' = 'dead' AND replayed_by IS NULL;
CREATE INDEX ix_runs_claim ON runs (queue, priority DESC, available_at, id, state) WHERE state || '' = 'queued';
CREATE INDEX ix_runs_due ON runs (available_at, state) WHERE state || '' IN ('scheduled', 'retrying');
CREATE INDEX ix_runs_finished ON runs (state, finished_at) WHERE finished_at IS NOT NULL;
CREATE UNIQUE INDEX ix_runs_fire ON runs (job_id, due_at) WHERE origin = 'trigger';
CREATE INDEX ix_runs_job ON runs (job_id, id) WHERE job_id IS NOT NULL;
CREATE INDEX ix_runs_job_gone ON runs (job, id) WHERE job_id IS NULL AND job IS NOT NULL;
CREATE UNIQUE INDEX ix_runs_key ON runs ("key") WHERE key IS NOT NULL;
CREATE INDEX ix_runs_queue ON runs (queue, id);
CREATE INDEX ix_runs_running ON runs (queue, job_id, state) WHERE state || '' = 'running';
CREATE INDEX ix_runs_state ON runs (state, id);
CREATE INDEX ix_runs_unfinished ON runs (job_id, queue, state) WHERE state || '' IN ('queued', 'running', 'retrying', 'scheduled') AND job_id IS NOT NULL;
CREATE INDEX ix_runs_waiting ON runs (queue, state) WHERE state || '' IN ('scheduled', 'retrying');
CREATE UNIQUE INDEX ix_tokens_name ON tokens (name) WHERE revoked_at IS NULL;
