CREATE TABLE alembic_version (
	version_num TEXT NOT NULL, 
	PRIMARY KEY (version_num)
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
CREATE TABLE queues (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	paused BOOLEAN DEFAULT 0 NOT NULL, 
	concurrency INTEGER, 
	created_at BIGINT NOT NULL, 
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
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE SET NULL
);
CREATE TABLE settings (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE sqlite_sequence(name,seq);
CREATE INDEX ix_attempts_logs ON attempts (id, log_bytes) WHERE log_bytes > 0;
CREATE INDEX ix_attempts_open ON attempts (run_id) WHERE outcome IS NULL;
CREATE UNIQUE INDEX ix_attempts_run ON attempts (run_id, number);
CREATE INDEX ix_runs_attention ON runs (id) WHERE state || '' = 'dead' AND replayed_by IS NULL;
CREATE INDEX ix_runs_attention_queue ON runs (queue, state, replayed_by) WHERE state || '' = 'dead' AND replayed_by IS NULL;
CREATE INDEX ix_runs_claim ON runs (queue, priority DESC, available_at, id, state) WHERE state || '' = 'queued';
CREATE INDEX ix_runs_due ON runs (available_at, state) WHERE state || '' IN ('scheduled', 'retrying');
CREATE INDEX ix_runs_finished ON runs (state, finished_at) WHERE finished_at IS NOT NULL;
CREATE UNIQUE INDEX ix_runs_fire ON runs (job_id, due_at) WHERE origin = 'trigger';
CREATE INDEX ix_runs_job ON runs (job_id, id);
CREATE UNIQUE INDEX ix_runs_key ON runs ("key") WHERE key IS NOT NULL;
CREATE INDEX ix_runs_queue ON runs (queue, id);
CREATE INDEX ix_runs_running ON runs (queue, job_id, state) WHERE state || '' = 'running';
CREATE INDEX ix_runs_state ON runs (state, id);
CREATE INDEX ix_runs_unfinished ON runs (job_id, queue, state) WHERE state || '' IN ('queued', 'running', 'retrying', 'scheduled');
CREATE INDEX ix_runs_waiting ON runs (queue, state) WHERE state || '' IN ('scheduled', 'retrying');
