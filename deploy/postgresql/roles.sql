-- Who may what, for a whole cluster. Passwords or certificates are given
-- afterwards, as in ALTER ROLE audit_writer PASSWORD '...'.
--
--   audit_owner      owns everything, cannot log in, has no members
--   audit_writer     the gateway: may call append(), nothing else
--   audit_reader     people and reports: the views in schema report
--   audit_inspector  verifies: the views, and every byte, which is logged
--   audit_keeper     a job: makes partitions, retires old ones
--   audit_approver   a group of people of whom two approve a retirement
DO $$
DECLARE r text;
BEGIN
	FOR r IN SELECT unnest(ARRAY['audit_owner', 'audit_approver'])
	LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN', r);
		END IF;
	END LOOP;
	FOR r IN SELECT unnest(ARRAY['audit_writer', 'audit_reader',
	    'audit_inspector', 'audit_keeper'])
	LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
			EXECUTE format('CREATE ROLE %I LOGIN', r);
		END IF;
	END LOOP;
END $$;
ALTER ROLE audit_reader SET search_path = report;
ALTER ROLE audit_inspector SET search_path = report;
