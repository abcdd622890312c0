import { createDirectoryFiles } from '../../../control-api/publication/directory-files.ts'
import { describeRepositoryFilesContract } from '../../contracts/repository-files.contract.ts'
import { createFakeRepositoryFiles } from '../../fakes/fake-repository-files.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

describeRepositoryFilesContract('createDirectoryFiles', async () => createDirectoryFiles(await temporaryFolder()))
describeRepositoryFilesContract('createFakeRepositoryFiles', async () => createFakeRepositoryFiles())
