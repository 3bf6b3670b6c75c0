-- Databases and accounts, made when the server starts for the first time. What each may do with the
-- tables of the site is in docker/mariadb/grants.sql.
CREATE DATABASE site CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE DATABASE research CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE DATABASE secret_map CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE DATABASE clinical CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

CREATE USER 'owner'@'%' IDENTIFIED BY '$database_owner';
GRANT ALL PRIVILEGES ON site.* TO 'owner'@'%' WITH GRANT OPTION;

CREATE USER 'loader'@'%' IDENTIFIED BY '$database_loader';
GRANT ALL PRIVILEGES ON research.* TO 'loader'@'%';
GRANT ALL PRIVILEGES ON secret_map.* TO 'loader'@'%';
GRANT ALL PRIVILEGES ON clinical.* TO 'loader'@'%';

CREATE USER 'research_reader'@'%' IDENTIFIED BY '$database_research_reader';
GRANT SELECT, SHOW VIEW ON research.* TO 'research_reader'@'%';

CREATE USER 'identity_reader'@'%' IDENTIFIED BY '$database_identity_reader';
GRANT SELECT ON secret_map.* TO 'identity_reader'@'%';
GRANT SELECT ON clinical.* TO 'identity_reader'@'%';

CREATE USER 'web'@'%' IDENTIFIED BY '$database_web';
CREATE USER 'runner'@'%' IDENTIFIED BY '$database_runner';
CREATE USER 'consent'@'%' IDENTIFIED BY '$database_consent';
CREATE USER 'mailer'@'%' IDENTIFIED BY '$database_mailer';
CREATE USER 'relay'@'%' IDENTIFIED BY '$database_relay';
